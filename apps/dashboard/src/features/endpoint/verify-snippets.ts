export type Language = 'node' | 'python' | 'go'

interface Snippet { name: Language; label: string; install: string; code: string }

/** How a receiver verifies what comes, in the libraries of Standard Webhooks. The body must be the bytes as they came: parsed and printed again, they are others. */
export const SNIPPETS: readonly Snippet[] = [
  {
    name: 'node', label: 'Node', install: 'npm install standardwebhooks',
    code: `import { Webhook } from 'standardwebhooks'

const webhook = new Webhook(process.env.HOOK_SECRET)

// body: the text as it came. Throws what is not ours, or old.
const event = webhook.verify(body, request.headers)`,
  },
  {
    name: 'python', label: 'Python', install: 'pip install standardwebhooks',
    code: `import os
from standardwebhooks import Webhook

webhook = Webhook(os.environ["HOOK_SECRET"])

# body: the bytes as they came. Raises what is not ours, or old.
event = webhook.verify(body, headers)`,
  },
  {
    name: 'go', label: 'Go', install: 'go get github.com/standard-webhooks/standard-webhooks/libraries/go',
    code: `webhook, err := standardwebhooks.NewWebhook(os.Getenv("HOOK_SECRET"))

// body: the bytes as they came. An error for what is not ours, or old.
err = webhook.Verify(body, request.Header)`,
  },
]
