import { createContext, useContext } from 'react'
import { graphql, type ResultOf } from './graphql.ts'

export const Viewer_Query = graphql(`
  query Viewer {
    serverTime
    viewer { permissions expiresAt principal { id name roles } }
  }
`)

export type ViewerData = NonNullable<ResultOf<typeof Viewer_Query>['viewer']>

export const ViewerContext = createContext<ViewerData | null>(null)

/** Who looks. Null until it was read. */
export const useViewer = () => useContext(ViewerContext)

/**
 * Why the viewer may not do that; null = it may. An operation that is allowed on one's own flows only needs the owner.
 * The server decides again: this only spares a click that would be refused.
 */
export const whyMayNot = (viewer: ViewerData | null, operation: string, ownerId?: string): string | null => {
  if (viewer === null) return 'Not read yet who you are.'
  if (viewer.permissions.includes(operation)) return null
  if (!viewer.permissions.includes(`${operation}:own`)) return 'Your role does not allow it.'
  return ownerId === viewer.principal?.id ? null : 'Your role allows it for your own flows only.'
}
