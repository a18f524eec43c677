import { useEffect, useRef } from 'react'

/** A key or a sequence ("g q"), what it does, and what it is called in the help. */
export interface Shortcut { keys: string; does: string; run(): void }

const STORED = 'sluice.singleKeys'
const SEQUENCE_MS = 1000

/** Single keys can be turned off (WCAG 2.1.4), for speech input and the like. On by default. */
export const singleKeysOn = () => localStorage.getItem(STORED) !== 'off'
export const setSingleKeys = (on: boolean) => localStorage.setItem(STORED, on ? 'on' : 'off')

/** A box that is only checked takes no letters. */
const typing = (target: EventTarget | null) =>
  target instanceof HTMLElement && (target.isContentEditable || target.matches('input:not([type=checkbox], [type=radio]), textarea, select'))

const busy = (event: KeyboardEvent) =>
  event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || document.querySelector('[role=dialog],[role=menu]') !== null

/** Listens for shortcuts while nothing is being typed and no dialog is open. */
export const useShortcuts = (shortcuts: Shortcut[]) => {
  const latest = useRef(shortcuts)
  latest.current = shortcuts
  useEffect(() => {
    let pressed = { key: '', at: 0 }
    const onKey = (event: KeyboardEvent) => {
      if (busy(event) || !singleKeysOn()) return
      const sequence = event.timeStamp - pressed.at < SEQUENCE_MS ? `${pressed.key} ${event.key}` : event.key
      const hit = latest.current.find(shortcut => shortcut.keys === sequence) ?? latest.current.find(shortcut => shortcut.keys === event.key)
      pressed = { key: event.key, at: event.timeStamp }
      if (!hit) return
      event.preventDefault()
      hit.run()
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [])
}

/** Listens for Ctrl K and ⌘K, also while something is being typed. */
export const useCommandKey = (run: () => void) => {
  const latest = useRef(run)
  latest.current = run
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== 'k') return
      event.preventDefault()
      latest.current()
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [])
}

/** Puts the focus into the search of the page, if it has one: an input with data-search. */
export const focusSearch = (): boolean => {
  const search = document.querySelector<HTMLInputElement>('input[data-search]')
  search?.focus()
  search?.select()
  return search !== null
}

/** Moves focus to the next or previous row: whatever carries data-row. Enter then opens it, as on any link. */
export const focusRow = (step: 1 | -1) => {
  const rows = [...document.querySelectorAll<HTMLElement>('[data-row]')].filter(row => row.offsetParent !== null)
  const at = rows.findIndex(row => row === document.activeElement || row.closest('tr, article')?.contains(document.activeElement))
  const next = rows[at === -1 ? (step === 1 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, at + step))]
  next?.focus()
  next?.scrollIntoView({ block: 'nearest' })
}

/** Selects the row that has the focus, or takes it back: its box carries data-select. */
export const selectRow = () => document.activeElement?.closest('tr')?.querySelector<HTMLElement>('input[data-select]')?.click()
