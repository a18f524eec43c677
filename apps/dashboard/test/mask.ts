/** What a parent would hand to the component that owns a fragment. Fakes hold more than any one fragment asks for. */
export const masked = <Masked extends object>(data: object): Masked => data as Masked
