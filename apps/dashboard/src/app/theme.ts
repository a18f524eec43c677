import { useState } from 'react'

export const THEMES = ['system', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]
const STORED = 'sluice.theme'

const stored = (): Theme => {
  const theme = localStorage.getItem(STORED)
  return theme === 'light' || theme === 'dark' ? theme : 'system'
}

/** Shows a theme and remembers it; system follows the system. public/theme.js applies it before the first paint. */
const show = (theme: Theme) => {
  if (theme === 'system') {
    localStorage.removeItem(STORED)
    delete document.documentElement.dataset['theme']
    return
  }
  localStorage.setItem(STORED, theme)
  document.documentElement.dataset['theme'] = theme
}

export const useTheme = () => {
  const [theme, setTheme] = useState(stored)
  const choose = (next: Theme) => {
    show(next)
    setTheme(next)
  }
  return { theme, choose }
}
