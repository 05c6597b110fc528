import { XMLParser, XMLValidator } from 'fast-xml-parser';

/** One element of a parsed page. */
export interface Element {
  name: string;
  attributes: Record<string, string>;
  /** All text in it and below it. */
  text: string;
  children: Element[];
}

type Raw = Record<string, unknown>;

const decode = (text: string): string =>
  text.replace(/&(lt|gt|quot|#39|amp);/g, (_, name: string) => ({ lt: '<', gt: '>', quot: '"', '#39': "'", amp: '&' })[name] ?? '');

function toElement(raw: Raw): Element {
  const name = Object.keys(raw).find((key) => key !== ':@') ?? '';
  const below = (raw[name] as Raw[]).map((child) => ('#text' in child ? decode(String(child['#text'])) : toElement(child)));
  const attributes = Object.fromEntries(Object.entries((raw[':@'] ?? {}) as Raw).map(([key, value]) => [key, decode(String(value))]));
  const text = below.map((child) => (typeof child === 'string' ? child : child.text)).join('');
  return { name, attributes, text, children: below.filter((child) => typeof child !== 'string') };
}

/** Parses strictly: what is not well-formed fails the test. @returns every element, the root first */
export function elementsOf(xml: string): Element[] {
  expect(XMLValidator.validate(xml)).toBe(true);
  const options = {
    preserveOrder: true,
    ignoreAttributes: false,
    attributeNamePrefix: '',
    trimValues: false,
    processEntities: false,
    parseTagValue: false,
  };
  const roots = (new XMLParser(options).parse(xml.replace(/<!DOCTYPE[^>]*>/, '')) as Raw[]).filter(
    (raw) => !('#text' in raw) && !('?xml' in raw),
  );
  const flatten = (element: Element): Element[] => [element, ...element.children.flatMap(flatten)];
  return roots.map(toElement).flatMap(flatten);
}
