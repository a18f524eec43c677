import { Play } from 'lucide-react'
import { Button } from '../../ui/button.tsx'
import { CodeLine } from '../../ui/code-line.tsx'
import { addressOf } from '../addresses.ts'
import { SAMPLES, sampleCommand, sampleDocument } from './samples.ts'
import { useStartSample } from './use-start-sample.tsx'

/** What stands on the home page while there are no flows: three ways to start the first one. */
export function FirstMinute({ onStarted }: { onStarted(): void }) {
  const { start, running, problem } = useStartSample(onStarted)
  return (
    <section aria-label="Start the first flow" className="panel flex flex-col gap-4 p-4">
      <div>
        <h2 className="m-0 text-[1.15rem] font-semibold">No flows yet</h2>
        <p className="text-muted">Flows that are submitted appear here: first in the queue, then in a slot, then among those that ended. Start one to see it.</p>
      </div>
      <div className="grid gap-2 sm:grid-cols-3">
        {SAMPLES.map(sample => (
          <div key={sample.kind} className="flex flex-col items-start gap-2 rounded-md border border-line p-3">
            <Button look="primary" icon={Play} whyNot={running ? 'Waiting for the answer.' : null} onClick={() => void start(sample)}>Start a sample: {sample.name}</Button>
            <p className="text-[0.95rem] text-muted"><code className="font-mono text-text">{sample.kind}</code>: {sample.does}</p>
          </div>
        ))}
      </div>
      {problem && <p role="alert" className="text-bad">{problem}</p>}
      <div className="grid gap-4 lg:grid-cols-2">
        <div className="min-w-0"><h3 className="m-0 mb-1 font-semibold">From a shell, in the checkout, with the settings that <code className="font-mono">npm start</code> has</h3><CodeLine text={sampleCommand(location.origin)} label="command line" /></div>
        <div className="min-w-0"><h3 className="m-0 mb-1 font-semibold">As a GraphQL call, in the <a href={addressOf.api}>API page</a></h3><CodeLine text={sampleDocument} label="GraphQL call" /></div>
      </div>
    </section>
  )
}
