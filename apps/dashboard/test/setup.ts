import { cleanup } from '@testing-library/react'
import { afterEach } from 'vitest'

// Base UI measures and animates, and rows are scrolled to; jsdom does nothing of it.
globalThis.ResizeObserver ??= class { observe() {} unobserve() {} disconnect() {} }
Element.prototype.getAnimations ??= () => []
Element.prototype.scrollIntoView ??= () => {}
Element.prototype.scrollTo ??= () => {}

afterEach(cleanup)
