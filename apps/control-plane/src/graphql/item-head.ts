import type { ItemHead } from '../live/items.ts'
import { builder, type SchemaShape } from './builder.ts'

type Fields<Item> = PothosSchemaTypes.ObjectFieldBuilder<PothosSchemaTypes.ExtendDefaultTypes<SchemaShape>, Item>

const ItemKindEnum = builder.enumType('ItemKind', {
  description: 'What an item of a subscription is.',
  values: {
    SNAPSHOT: { description: 'The first: what is so at its cursor. After a gap, another one.' },
    CHANGE: { description: 'Something changed.' },
    END: { description: 'The last; end says why.' },
  },
})

const SubscriptionEndEnum = builder.enumType('SubscriptionEnd', {
  description: 'Why a subscription ended.',
  values: {
    TERMINAL: { description: 'The flow has ended; nothing more will come.' },
    REVOKED: { description: 'You may no longer read it.' },
    TOO_SLOW: { description: 'You read too slowly: read again and subscribe anew.' },
    SHUTDOWN: { description: 'This server stops: reconnect now.' },
  },
})

/** What every item of every subscription has. */
export const head = <Item extends ItemHead>(t: Fields<Item>) => ({
  cursor: t.field({ type: 'Cursor', description: 'Continue after this item.', resolve: (item) => item.cursor }),
  kind: t.field({ type: ItemKindEnum, description: 'What the item is.', resolve: (item) => item.kind }),
  gap: t.boolean({ description: 'Whether something was missed that cannot be filled in: read again.', resolve: (item) => item.gap ?? false }),
  end: t.field({ type: SubscriptionEndEnum, nullable: true, description: 'Why it ended; only on the last item.', resolve: (item) => item.end ?? null }),
})

export const after = { type: 'Cursor', description: 'Continue after this item, of whichever server.' } as const
