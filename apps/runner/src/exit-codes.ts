/** The input was wrong and will be wrong again: EX_DATAERR of sysexits.h. No other exit code of a command says anything about trying again. */
export const EXIT_BAD_INPUT = 65
