import { cleanup } from '@testing-library/react'
import { afterEach } from 'vitest'

// Base UI measures and animates; jsdom does neither.
globalThis.ResizeObserver ??= class { observe() {} unobserve() {} disconnect() {} }
Element.prototype.getAnimations ??= () => []

afterEach(cleanup)
