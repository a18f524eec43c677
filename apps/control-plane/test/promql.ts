/** What a PromQL expression names, by the parser of Prometheus' own editor. Dashboards' variables are filled in first. */
import { parser } from '@prometheus-io/lezer-promql'

export interface Named { metrics: string[]; labels: string[]; broken: boolean }

const FILLED: [RegExp, string][] = [[/\$__rate_interval/g, '5m'], [/\$\w+/g, 'x']]

export function namedIn(expression: string): Named {
  const text = FILLED.reduce((filled, [variable, value]) => filled.replace(variable, value), expression)
  const named: Named = { metrics: [], labels: [], broken: false }
  parser.parse(text).iterate({
    enter: (node) => {
      const said = text.slice(node.from, node.to)
      if (node.type.isError) named.broken = true
      if (node.name === 'Identifier') named.metrics.push(said)
      if (node.name === 'LabelName') named.labels.push(said)
    },
  })
  return named
}

/** The names that the text of a scrape offers: a histogram has three. */
export function offeredBy(scrape: string): Set<string> {
  const types = [...scrape.matchAll(/^# TYPE (\S+) (\S+)$/gm)]
  return new Set(types.flatMap(([, name = '', type]) => (type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name])))
}
