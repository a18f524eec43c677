import type { WaitpointRow } from '@sluice/engine'
import type { Problem } from '../rest/problem.ts'
import { escape } from './escape.ts'
import { fieldsOf, JSON_INPUT, type FormField } from './form-fields.ts'
import { fieldInput, inputId } from './form-inputs.ts'
import { formProblem, type FormProblem } from './form-problem.ts'

interface Asking {
  waitpoint: WaitpointRow
  nonce: string
  /** Of this page: sent twice it is one answer. */
  idempotencyKey: string
  /** What was sent and why it was refused. */
  typed?: URLSearchParams | null
  problem?: Problem
}

/** What is asked, and a form that answers it. Plain HTML: it works without scripts, and loads nothing from anywhere. */
export function askingPage({ waitpoint, nonce, idempotencyKey, typed = null, problem }: Asking): string {
  const fields = fieldsOf(waitpoint.fields)
  const wrong = problem && formProblem(problem, fields)
  const shown = (field: FormField, at: number): string => fieldInput(field, { at, typed, wrong: wrong?.field === field ? wrong.sentence : null })
  const inputs = fields === null ? jsonInput(waitpoint, typed) : fields.map(shown).join('')
  return document({
    title: 'An answer is asked for', nonce,
    main: `<h1>An answer is asked for</h1>
${wrong === undefined ? '' : refused(wrong, fields ?? [])}<p class="prompt">${escape(waitpoint.prompt ?? waitpoint.key)}</p>
<form method="post" accept-charset="utf-8">
<input type="hidden" name="idempotencyKey" value="${escape(idempotencyKey)}">
${inputs}<fieldset><legend>Decide</legend>${waitpoint.allowedDecisions.map(button).join('')}</fieldset>
</form>
${waitpoint.timeoutAt === null ? '' : `<p>It can be answered until <time datetime="${waitpoint.timeoutAt.toISOString()}">${waitpoint.timeoutAt.toUTCString()}</time>.</p>\n`}<p>It is answered once. Opening this page changed nothing.</p>`,
  })
}

export const answeredPage = ({ decision, nonce }: { decision: string; nonce: string }): string => document({
  title: 'Answered', nonce, main: `<h1>Answered</h1>\n<p role="status">The answer is <strong>${escape(decision)}</strong>. You can close this page.</p>`,
})

/** Whatever is wrong with the token. */
export const gonePage = (nonce: string): string => document({
  title: 'Nothing is asked here', nonce, main: '<h1>Nothing is asked here</h1>\n<p>The link is wrong or over, or it was answered already.</p>',
})

/** The database is away, or this server stops. What was sent is taken once, however often it is sent: the form has its key. */
export const awayPage = (nonce: string): string => document({
  title: 'No answer now', nonce,
  main: '<h1>Sluice cannot answer now</h1>\n<p role="status">Try again in a moment: load this page again. An answer that you had just sent is taken once, however often it is sent.</p>',
})

const button = (decision: string): string => `<button name="decision" value="${escape(decision)}">${escape(decision)}</button>`

/** The field by its title, which leads to it. */
function refused({ field, sentence }: FormProblem, fields: FormField[]): string {
  const what = field === null ? '' : `<a href="#${inputId(fields.indexOf(field))}">${escape(field.label)}</a> `
  return `<p class="problem" role="alert">Not sent: ${what}${escape(sentence)}</p>\n`
}

const jsonInput = ({ fields }: WaitpointRow, typed: URLSearchParams | null): string => `<p><label for="payload">The answer, as JSON</label>
<textarea id="payload" name="${JSON_INPUT}" rows="8" spellcheck="false" aria-describedby="payload-help">${escape(typed?.get(JSON_INPUT) ?? '')}</textarea>
<small id="payload-help">It must fit this schema:</small></p><pre>${escape(JSON.stringify(fields, null, 2))}</pre>
`

const STYLE = `:root{color-scheme:light dark}body{font:1rem/1.5 system-ui,sans-serif;margin:0 auto;max-width:40rem;padding:2rem 1rem}
.prompt{white-space:pre-wrap;overflow-wrap:anywhere}.problem{border-left:.25rem solid;padding-left:.75rem;font-weight:600}
label{display:block;font-weight:600}.check label{display:inline;margin-left:.5rem}small{display:block}pre{overflow:auto;padding:.5rem;border:1px solid}
strong.problem{display:block}textarea,select,input:not([type=checkbox]){box-sizing:border-box;width:100%;font:inherit;padding:.5rem}
fieldset{border:0;margin:1.5rem 0;padding:0}button{font:inherit;min-height:2.75rem;padding:.5rem 1.25rem;margin:0 .5rem .5rem 0}`

const document = ({ title, nonce, main }: { title: string; nonce: string; main: string }): string => `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex, nofollow">
<title>${title} – Sluice</title><style nonce="${nonce}">${STYLE}</style></head>
<body><main>
${main}
</main></body>
</html>
`
