import { expect, test } from 'vitest'
import { redactUrl } from '../src/index.ts'

test.each([
  ['https://hooks.example.com/services/T0/B0/token', 'https://hooks.example.com/…'],
  ['https://hooks.example.com/?token=abc', 'https://hooks.example.com/…'],
  ['https://hooks.example.com:8443/a', 'https://hooks.example.com:8443/…'],
  ['https://hooks.example.com:443/a', 'https://hooks.example.com/…'],
  ['https://user:password@hooks.example.com/', 'https://hooks.example.com/…'],
  ['https://:password@hooks.example.com', 'https://hooks.example.com/…'],
  ['https://hooks.example.com/#token', 'https://hooks.example.com/…'],
  ['https://hooks.example.com/', 'https://hooks.example.com'],
  ['https://hooks.example.com', 'https://hooks.example.com'],
  ['https://hooks.example.com?', 'https://hooks.example.com'],
  ['HTTPS://Hooks.EXAMPLE.com./x', 'https://hooks.example.com./…'],
  ['http://127.0.0.1:4401/', 'http://127.0.0.1:4401'],
  ['https://[::1]:8443/x', 'https://[::1]:8443/…'],
  ['https://bücher.example/x', 'https://xn--bcher-kva.example/…'],
  ['//hooks.example.com/token', '…'],
  ['javascript:token', '…'],
  ['data:text/plain,token', '…'],
  ['token', '…'],
  ['', '…'],
])('INV-31 of %j is shown %j', (url, shown) => {
  expect(redactUrl(url)).toBe(shown)
})
