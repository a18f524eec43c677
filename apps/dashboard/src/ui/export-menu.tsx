import { Download } from 'lucide-react'
import { Button } from './button.tsx'
import { Menu } from './menu.tsx'

export type ExportFormat = 'csv' | 'ndjson'

/** Everything that a list asks for, as a file; not only the rows that were read. one: what a line is. */
export function ExportMenu({ one, addressOf }: { one: string; addressOf(format: ExportFormat): string }) {
  const fetchAs = (format: ExportFormat) => () => location.assign(addressOf(format))
  return (
    <Menu
      trigger={<Button icon={Download}>Export</Button>}
      items={[{ label: 'CSV, for tables', icon: Download, onSelect: fetchAs('csv') }, { label: `NDJSON, one ${one} per line`, icon: Download, onSelect: fetchAs('ndjson') }]}
    />
  )
}
