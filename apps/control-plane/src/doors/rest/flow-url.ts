/** Where a flow is read, from the server's own root: Location, and `url` of every flow in REST. */
export const urlOf = (id: string): string => `/flows/${id}`

export const withUrl = <Flow extends { id: string }>(flow: Flow) => ({ url: urlOf(flow.id), ...flow })
