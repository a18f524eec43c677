/** The input was wrong and will be wrong again: EX_DATAERR of sysexits.h. Besides it only an answer that was not what the command hoped for says something about trying again. */
export const EXIT_BAD_INPUT = 65
/** What `sluice ask` exits with where the answer is no, or where nobody gave one. */
export const EXIT_REFUSED = 3
export const EXIT_UNANSWERED = 4
