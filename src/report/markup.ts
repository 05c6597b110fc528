/** Text that is markup already. Only the `markup` tag makes it, so nothing else reaches a page unescaped. */
export class Markup {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Value = Markup | string | number | undefined | readonly Value[];

/** What XML 1.0 forbids, and the marks that reverse the direction of text: both can make a name look like something else. */
const unprintable = /[\0-\x08\x0B\x0C\x0E-\x1F\x7F-\x9F\uFFFE\uFFFF\u202A-\u202E\u2066-\u2069]|\p{Surrogate}/gu;

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Text for an element or an attribute of HTML, SVG or XML. */
export const escapeMarkup = (text: string): string =>
  text.replace(unprintable, '\uFFFD').replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);

function render(value: Value): string {
  if (value === undefined) return '';
  if (value instanceof Markup) return value.text;
  if (typeof value === 'string' || typeof value === 'number') return escapeMarkup(String(value));
  return value.map(render).join('');
}

/** Template tag: everything between `${}` is escaped unless it is Markup; `undefined` is nothing, lists are joined. */
export const markup = (parts: TemplateStringsArray, ...values: Value[]): Markup =>
  new Markup(parts.map((part, i) => part + (i < values.length ? render(values[i]) : '')).join(''));
