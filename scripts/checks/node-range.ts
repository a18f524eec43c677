/** Whether an engines range admits a Node version. Knows what package manifests use: >=, <, ^, ~, x-ranges, spaces and ||. */
export function admits(range: string, version: string): boolean {
  return range.split('||').some(part => comparators(part).every(one => holds(one, numbers(version))))
}

interface Comparator { operator: string; at: number[]; given: number }

function comparators(part: string): Comparator[] {
  const found = part.matchAll(/(>=|<=|>|<|=|\^|~)?\s*v?(\d+|\*|x)(?:\.(\d+|\*|x))?(?:\.(\d+|\*|x))?/g)
  return [...found].map(([, operator = '', ...digits]) => {
    const given = digits.filter(digit => /^\d+$/.test(digit ?? '')).length
    return { operator, at: digits.map(digit => Number(digit) || 0), given }
  })
}

function holds({ operator, at, given }: Comparator, version: number[]): boolean {
  const order = compare(version, at)
  switch (operator) {
    case '>=': return order >= 0
    case '<=': return order <= 0
    case '>': return order > 0
    case '<': return order < 0
    case '^': return order >= 0 && version[0] === at[0]
    case '~': return order >= 0 && version[0] === at[0] && (given < 2 || version[1] === at[1])
    default: return at.slice(0, given).every((digit, index) => digit === version[index])
  }
}

const numbers = (version: string): number[] => version.split('.').map(Number)

const compare = (a: number[], b: number[]): number => a.map((digit, index) => digit - (b[index] ?? 0)).find(difference => difference !== 0) ?? 0
