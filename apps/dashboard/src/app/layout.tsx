import { Keyboard, LogOut, Menu as MenuIcon, Monitor, Moon, Plus, Search, Sun } from 'lucide-react'
import { useEffect, useRef, useState, type ReactNode } from 'react'
import { addressOf } from '../features/addresses.ts'
import { signOut } from '../features/session/session-calls.ts'
import { useViewer } from '../graphql/viewer.ts'
import { Button } from '../ui/button.tsx'
import { focusRow, focusSearch, selectRow, useCommandKey, useShortcuts, type Shortcut } from '../ui/keyboard.ts'
import { Menu } from '../ui/menu.tsx'
import { Lamp } from './lamp.tsx'
import { PAGES } from './navigation.ts'
import { Palette } from './palette.tsx'
import { ShortcutsHelp } from './shortcuts-help.tsx'
import { THEMES, useTheme, type Theme } from './theme.ts'
import { useFeed } from './use-feed.ts'

const THEME_ICONS = { system: Monitor, light: Sun, dark: Moon }
const THEME_WORDS: Record<Theme, string> = { system: 'Theme of the system', light: 'Light theme', dark: 'Dark theme' }

interface Props { path: string; onGo(address: string): void; children: ReactNode }

/** What stands around every page: the way to the others, the lamp, the keys. */
export function Layout({ path, onGo, children }: Props) {
  const [shown, show] = useState<'palette' | 'help' | null>(null)
  const { openWaits } = useFeed()
  const shortcuts: Shortcut[] = [
    { keys: '/', does: 'Search the list of the page, or everything', run: () => { if (!focusSearch()) show('palette') } },
    { keys: 'j', does: 'Next row', run: () => focusRow(1) },
    { keys: 'k', does: 'Previous row', run: () => focusRow(-1) },
    { keys: 'x', does: 'Select the row', run: selectRow },
    ...PAGES.map(page => ({ keys: `g ${page.key}`, does: `Go to ${page.name}`, run: () => onGo(page.address) })),
    { keys: 'n', does: 'New flow', run: () => onGo(addressOf.newFlow()) },
    { keys: '?', does: 'List the keys', run: () => show('help') },
  ]
  useShortcuts(shortcuts)
  useCommandKey(() => show('palette'))
  return (
    <>
      <a href="#content" className="sr-only focus:not-sr-only focus:absolute focus:left-2 focus:top-2 focus:z-50 focus:bg-surface focus:p-2">Skip to the content</a>
      <header className="sticky top-0 z-30 flex min-h-12 flex-wrap items-center gap-x-3 gap-y-1 border-b border-line bg-surface px-3 pt-1 sm:px-5 sm:pt-0">
        <a href="/" aria-label="Sluice, home" className="flex items-center gap-2 font-semibold text-text no-underline"><img src="/icon.svg" alt="" width="20" height="20" /> <span className="hidden sm:inline">Sluice</span></a>
        <Pages path={path} openWaits={openWaits ?? 0} />
        <span className="ml-auto"><Lamp /></span>
        <a href={addressOf.newFlow()} aria-label="New flow" aria-keyshortcuts="n" className="inline-flex min-h-8 items-center gap-1.5 rounded-md border border-edge px-2.5 font-medium text-text no-underline hover:bg-sunken"><Plus size={15} aria-hidden="true" /><span className="hidden md:inline">New flow</span></a>
        <Button look="quiet" icon={Search} aria-label="Search and commands" aria-keyshortcuts="Control+K" onClick={() => show('palette')}><kbd className="hidden font-sans text-[0.86rem] md:inline">Ctrl K</kbd></Button>
        <AccountMenu onHelp={() => show('help')} />
      </header>
      <main id="content" tabIndex={-1} className="mx-auto flex max-w-[100rem] flex-col gap-3 p-3 outline-none sm:p-5">{children}</main>
      {shown === 'palette' && <Palette onGo={onGo} onClose={() => show(null)} />}
      {shown === 'help' && <ShortcutsHelp shortcuts={shortcuts} onClose={() => show(null)} />}
    </>
  )
}

function Pages({ path, openWaits }: { path: string; openWaits: number }) {
  const nav = useRef<HTMLElement>(null)
  // On a narrow screen they are a line that scrolls.
  useEffect(() => {
    const show = () => nav.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' })
    show()
    addEventListener('resize', show)
    return () => removeEventListener('resize', show)
  }, [path])
  return (
    <nav ref={nav} aria-label="Pages" className="order-last -mx-1 flex w-full gap-1 overflow-x-auto pb-1 sm:order-none sm:mx-0 sm:w-auto sm:p-0">
      {PAGES.map(page => (
        <a key={page.name} href={page.address} aria-current={page.address === path ? 'page' : undefined} {...(page.own ? {} : { 'data-whole-load': true })}
          className="inline-flex min-h-8 items-center rounded-md px-2.5 font-medium text-muted no-underline hover:bg-sunken hover:text-text aria-[current=page]:bg-sunken aria-[current=page]:text-text">
          {page.name}
          {page.address === addressOf.approvals() && openWaits > 0 && <Count open={openWaits} />}
        </a>
      ))}
    </nav>
  )
}

/** How many wait for an answer. */
function Count({ open }: { open: number }) {
  return <span title={`${open} open`} className="ml-1.5 rounded-full border border-attention px-1.5 text-[0.86rem] leading-snug text-attention"><span className="sr-only">, </span>{open > 999 ? '999+' : open}<span className="sr-only"> open</span></span>
}

function AccountMenu({ onHelp }: { onHelp(): void }) {
  const { theme, choose } = useTheme()
  const name = useViewer()?.principal?.name
  const themes = THEMES.map(one => ({ label: THEME_WORDS[one], icon: THEME_ICONS[one], whyNot: one === theme ? 'It is shown now.' : null, onSelect: () => choose(one) }))
  return (
    <Menu
      trigger={<Button look="quiet" icon={MenuIcon} aria-label="Menu"><span className="hidden max-w-32 truncate md:inline">{name}</span></Button>}
      items={[
        ...themes,
        { label: 'Keys', icon: Keyboard, onSelect: onHelp },
        { label: 'Sign out', icon: LogOut, onSelect: () => void signOut() },
      ]}
    />
  )
}
