import { Play } from 'lucide-react'
import { useEffect } from 'react'
import { Button } from '../../ui/button.tsx'
import { Menu } from '../../ui/menu.tsx'
import { useNotify } from '../../ui/notices.tsx'
import { SAMPLES } from './samples.ts'
import { useStartSample } from './use-start-sample.tsx'

/** Starts one of the samples, when there are flows already. */
export function SampleMenu({ onStarted }: { onStarted(): void }) {
  const { start, problem } = useStartSample(onStarted)
  const notify = useNotify()
  useEffect(() => { if (problem) notify({ tone: 'bad', text: problem }) }, [problem, notify])
  return <Menu trigger={<Button icon={Play}>Start a sample</Button>} items={SAMPLES.map(sample => ({ label: `${sample.name} (${sample.kind})`, icon: Play, onSelect: () => void start(sample) }))} />
}
