import { useEffect, useRef, useState } from 'react'
import { useHoldOrder } from './hold-order.tsx'

/** Whoever points without moving for so long is not about to press anything. */
const STILL_MS = 4000

/** Handlers for an area whose rows keep their places while a mouse moves over it: nothing goes from under the pointer. */
export const useHoldWhilePointed = () => {
  const [pointed, setPointed] = useState(false)
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined)
  useHoldOrder(pointed)
  useEffect(() => () => clearTimeout(timer.current), [])
  const leave = () => {
    clearTimeout(timer.current)
    setPointed(false)
  }
  const move = (event: { pointerType: string }) => {
    if (event.pointerType !== 'mouse') return
    clearTimeout(timer.current)
    timer.current = setTimeout(leave, STILL_MS)
    setPointed(true)
  }
  return { onPointerMove: move, onPointerLeave: leave }
}
