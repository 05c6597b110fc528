import { randomBytes } from 'node:crypto';

/** So many characters of a secret in a row are a find, wherever the text was cut. */
const PART = 12;
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

const lettersOf = (count: number): string => [...randomBytes(count)].map((byte) => LETTERS[byte % LETTERS.length]).join('');

/** A secret that nobody else has. With signs it reads differently in JSON, in a URL and in base64. */
export const plainCanary = (): string => lettersOf(36);
export const signedCanary = (): string => `${lettersOf(18)}/"+=${lettersOf(18)}`;
/** Fits where names are wanted. */
export const nameCanary = (): string => `c${randomBytes(12).toString('hex')}`;

/** Whatever of a text's base64 does not depend on what stands beside it. */
const base64Forms = (text: string): string[] =>
  [0, 1, 2].map((shift) => {
    const encoded = Buffer.from(' '.repeat(shift) + text)
      .toString('base64')
      .replace(/=+$/, '');
    return encoded.slice(shift === 0 ? 0 : 4, -2);
  });

/** How a text may hold it. */
export function formsOf(canary: string): string[] {
  const base64 = base64Forms(canary);
  const hex = Buffer.from(canary).toString('hex');
  const json = JSON.stringify(canary).slice(1, -1);
  return [
    ...new Set([
      ...[canary, encodeURIComponent(canary), json, JSON.stringify(json).slice(1, -1), hex, hex.toUpperCase()],
      ...base64,
      ...base64.map((form) => form.replaceAll('+', '-').replaceAll('/', '_')),
    ]),
  ];
}

/** One canary in one place. */
export interface Find {
  canary: string;
  place: string;
  /** What stands there, with a little before and after. */
  text: string;
}

/** Texts by the place where they were found. */
export type Places = Record<string, string>;

/** Looks for every part of every form of every canary. @param canaries by a name that may be shown */
export function scan(places: Places, canaries: Record<string, string>): Find[] {
  const parts = new Map<string, string>();
  for (const [name, canary] of Object.entries(canaries))
    for (const form of formsOf(canary)) for (let at = 0; at + PART <= form.length; at++) parts.set(form.slice(at, at + PART), name);
  const finds = new Map<string, Find>();
  for (const [place, text] of Object.entries(places))
    for (let at = 0; at + PART <= text.length; at++) {
      const canary = parts.get(text.slice(at, at + PART));
      if (canary === undefined || finds.has(`${canary} ${place}`)) continue;
      finds.set(`${canary} ${place}`, { canary, place, text: text.slice(Math.max(0, at - 80), at + 60) });
    }
  return [...finds.values()];
}
