import { useEffect, useRef, type RefObject } from 'react'

/** Submits a form from any field, also from those where Enter alone is a line. */
export const useCtrlEnter = (form: RefObject<HTMLFormElement | null>, submit: () => void) => {
  const latest = useRef(submit)
  latest.current = submit
  useEffect(() => {
    const element = form.current
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return
      event.preventDefault()
      latest.current()
    }
    element?.addEventListener('keydown', onKey)
    return () => element?.removeEventListener('keydown', onKey)
  }, [form])
}
