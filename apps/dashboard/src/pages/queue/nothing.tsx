/** Stands where rows would: says that there are none, and what would be. */
export function Nothing({ children }: { children: string }) {
  return <p className="border-t border-line p-3 text-muted">{children}</p>
}
