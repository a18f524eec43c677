// Loaded before each of the supervisor's programs. When the supervisor is gone, the channel to it closes: the program hears 'disconnect'
// and may clean up, such as killing the commands it started, but not for long. A new start must find the place free.
const CLEAN_UP_MS = 2_000

process.once('disconnect', () => setTimeout(() => process.kill(process.pid, 'SIGKILL'), CLEAN_UP_MS))
// Listening must not keep a program alive that has ended its work.
process.channel?.unref()
