/** One meaning for each word about time, in lists and on the page of a flow. */
export const TIME_WORDS = {
  queued: 'How long it stood in the queue, the last time it was put there',
  worked: 'How long it was worked on, all attempts together, without its waits',
  waited: 'How long it waited for answers, all its waits together',
  took: 'From its first start to its end, or until now, with its waits and its times back in the queue',
} as const
