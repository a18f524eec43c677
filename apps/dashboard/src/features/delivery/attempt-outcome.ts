import { DELIVERY_ERROR_CLASSES } from '@sluice/protocol'
import { CircleCheck, CircleX, Send } from 'lucide-react'
import type { Look } from '../../ui/look.tsx'
import { sentenceOfStatus } from '../failure-words.ts'
import { ATTEMPT_LOOKS } from '../looks.ts'

interface Attempt { statusCode: number | null; errorClass: string | null; endedAt: string | null }

const UNDER_WAY: Look = { icon: Send, word: 'Under way', tone: 'busy', sentence: 'There is no answer yet.' }
const isSuccess = (status: number) => status >= 200 && status < 300

/** How an attempt looks: by what went wrong, else by the status of its answer. */
export const outcomeOf = ({ statusCode, errorClass, endedAt }: Attempt): Look => {
  if (errorClass !== null) {
    const known = DELIVERY_ERROR_CLASSES.find(one => one === errorClass)
    return known ? ATTEMPT_LOOKS[known] : { icon: CircleX, word: errorClass, tone: 'bad', sentence: errorClass }
  }
  if (endedAt === null || statusCode === null) return UNDER_WAY
  if (isSuccess(statusCode)) return { icon: CircleCheck, word: String(statusCode), tone: 'good', sentence: `Answered ${statusCode}: it has taken it.` }
  return { icon: CircleX, word: String(statusCode), tone: 'bad', sentence: sentenceOfStatus(statusCode) }
}
