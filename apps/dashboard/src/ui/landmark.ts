/** Where menus and tooltips are put: inside the main landmark, so that whoever moves by landmarks finds them. */
export const mainLandmark = () => document.querySelector<HTMLElement>('main') ?? document.body
