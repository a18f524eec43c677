import { newcomers, noNews, remember, type ListItem, type ListRules, type News } from './list-news.ts'
import { changed, has, onlyInView, refreshed, reopened, withoutFar, withPage, type ListPages, type ReadPage, type RowChange, type WithId } from './list-pages.ts'

/** Numbers of the pages in view. */
export interface InView { first: number; last: number }

/** What is shown. pages: null = not read yet. fresh: newcomers that wait to be shown. problem: a sentence; what was read before stays. */
export interface ListView<Row> { pages: ListPages<Row> | null; fresh: ReadonlySet<string>; problem: string | null }

/** Reads the page behind a cursor, or says in a sentence why it could not. */
export type ReadList<Row> = (after: string | null) => Promise<{ page: ReadPage<Row> } | { problem: string }>

/**
 * A list under one filter: reads pages as they come into view, drops far ones, and applies changes where they stand, those that come while a
 * page is being read to that page as well. Rows never move by themselves; newcomers are counted until they are asked for.
 */
export class ListReader<Row extends WithId> {
  readonly #read: ReadList<Row>
  readonly #rules: ListRules<Row>
  readonly #listeners = new Set<() => void>()
  readonly #reading = new Set<string | null>()
  readonly #late = new Map<string, RowChange<Row>>()
  #view: ListView<Row> = { pages: null, fresh: new Set(), problem: null }
  #inView: InView = { first: 0, last: 0 }
  #news = noNews<Row>()
  #begun = false
  #top = 0
  #openedRow: string | null = null

  constructor({ read, rules }: { read: ReadList<Row>; rules: ListRules<Row> }) {
    this.#read = read
    this.#rules = rules
  }

  readonly view = (): ListView<Row> => this.#view

  readonly listen = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => { this.#listeners.delete(listener) }
  }

  /** Reads the first page; of a list that somebody comes back to, what is shown once more. */
  readonly begin = (): void => {
    if (this.#view.pages === null) void this.#load(null)
    else this.settle()
  }

  /** From the top, with the newcomers. */
  readonly reload = (): Promise<void> => {
    const counted = this.#view.fresh
    return this.#take(null, page => {
      const shown = new Set(page.rows.map(row => row.id))
      return { pages: withPage([], page), fresh: new Set([...this.#view.fresh].filter(id => !counted.has(id) && !shown.has(id))) }
    })
  }

  /** These pages are in view: reads those that were dropped, and the next one where the end is near. */
  readonly look = (inView: InView, nearEnd: boolean): void => {
    this.#inView = inView
    if (this.#view.pages === null) return
    const pages = withoutFar(this.#view.pages, inView)
    if (pages !== this.#view.pages) this.#show({ pages })
    for (const page of pages.slice(inView.first, inView.last + 1)) if (page.rows === null) void this.#load(page.after)
    const next = pages.at(-1)?.next ?? null
    if (nearEnd && next !== null) void this.#load(next)
  }

  /** An item came over the socket. The same item twice is as good as once. */
  readonly hear = (item: ListItem<Row>): void => {
    remember(this.#news, item, this.#begun)
    this.#begun = true
  }

  /** How far the list is scrolled, in pixels: for who comes back to it. */
  readonly top = (): number => this.#top

  readonly scrolled = (top: number): void => { this.#top = top }

  /** The id of the row that was opened by keyboard: for who comes back to it. */
  readonly openedRow = (): string | null => this.#openedRow

  readonly opened = (id: string | null): void => { this.#openedRow = id }

  /** Applies what was heard: called at the end of a burst. */
  readonly settle = (): void => {
    const news = this.#news
    this.#news = noNews()
    if (this.#reading.size > 0) for (const [id, change] of news.changes) this.#late.set(id, change)
    if (this.#view.pages !== null) this.#apply(news, this.#view.pages)
  }

  #apply(news: News<Row>, before: ListPages<Row>): void {
    const { ahead, behind } = newcomers(news, before, this.#rules)
    const left = new Set([...news.changes].filter(([, { gone }]) => gone !== null).map(([id]) => id))
    const after = changed(before, news.changes)
    const pages = news.missed ? onlyInView(after, this.#inView) : behind.length > 0 ? reopened(after) : after
    this.#show({ pages, fresh: new Set([...this.#view.fresh, ...ahead].filter(id => !left.has(id))) })
    if (behind.length > 0 && before[0]?.length === 0) void this.reload()
    for (const cursor of toReadAgain({ news, pages, inView: this.#inView, rules: this.#rules })) void this.#again(cursor)
  }

  #load(after: string | null): Promise<void> {
    return this.#take(after, page => ({ pages: withPage(this.#view.pages ?? [], page) }))
  }

  /** Once more what is shown: its rows stay where they are, newcomers at the top are counted. */
  #again(after: string | null): Promise<void> {
    return this.#take(after, page => {
      const pages = this.#view.pages ?? []
      const isTop = after === null && this.#rules.growsAtTop
      return { pages: refreshed(pages, page), ...(isTop ? { fresh: new Set([...this.#view.fresh, ...idsBefore(page, pages)]) } : {}) }
    })
  }

  /** One read of a page at a time. */
  async #take(after: string | null, show: (page: ReadPage<Row>) => Partial<ListView<Row>> & { pages: ListPages<Row> }): Promise<void> {
    if (this.#reading.has(after)) return
    this.#reading.add(after)
    const answer = await this.#read(after)
    this.#reading.delete(after)
    if ('problem' in answer) this.#show({ problem: answer.problem })
    else {
      const next = show(answer.page)
      this.#show({ ...next, pages: changed(next.pages, this.#late), problem: null })
    }
    if (this.#reading.size === 0) this.#late.clear()
  }

  #show(change: Partial<ListView<Row>>): void {
    this.#view = { ...this.#view, ...change }
    for (const listener of this.#listeners) listener()
  }
}

/** The rows of a page that stand before all that the list shows. */
const idsBefore = <Row extends WithId>({ rows }: ReadPage<Row>, pages: ListPages<Row>): string[] => {
  const known = rows.findIndex(row => has(pages, row.id))
  return rows.slice(0, known === -1 ? rows.length : known).map(row => row.id)
}

interface Shown<Row> { news: News<Row>; pages: ListPages<Row>; inView: InView; rules: ListRules<Row> }

/** The shown pages whose contents the changes do not tell: all of them after something was missed, else those with a change that says too little. */
const toReadAgain = <Row extends WithId>({ news, pages, inView: { first, last }, rules }: Shown<Row>): (string | null)[] => {
  const isUntold = ({ id }: Row) => { const change = news.changes.get(id); return change !== undefined && rules.saysTooLittle(change.news) }
  return pages.flatMap((page, at) => {
    const shown = page.rows !== null && (at === 0 || (at >= first && at <= last))
    return shown && (news.missed || page.rows?.some(({ row }) => isUntold(row))) ? [page.after] : []
  })
}
