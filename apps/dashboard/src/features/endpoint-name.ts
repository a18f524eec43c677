/** What an endpoint is called: by its name, else by what may be shown of its URL. */
export const nameOfEndpoint = ({ name, urlRedacted }: { name: string | null; urlRedacted: string }): string => name ?? urlRedacted
