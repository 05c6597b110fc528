/** Takes secrets out of texts that people read: reasons, evidence, errors, logs. What it was never told it cannot hide. */
export interface Mask {
  /**
   * Remembers a secret, in every form in which a text may hold it. Those that were learnt longest ago are forgotten first, when there are too many;
   * one that is learnt `forGood` never is.
   */
  learn(value: string, options?: { forGood?: boolean }): void;
  /** The text without what was learnt, nor any part of it that is long enough to be of use. */
  hide(text: string): string;
}

/** A run of so many characters of a secret is hidden, wherever the text was cut. */
const GRAM = 10;
/** How far apart a text is looked at first: a part of `GRAM + STRIDE - 1` characters is found whatever its place. */
const STRIDE = 3;
/** What is shorter than `GRAM + STRIDE` is hidden as a whole only, and what is shorter than this never: it would be found by chance. */
const LEAST = 6;
/** Secrets that change by the hour must not fill the memory: so many are kept at least, and some more before the oldest are forgotten. */
const [KEPT_SECRETS, MOST_SECRETS] = [200, 250];
/** The same in characters of their forms: each takes some 50 bytes. */
const MOST_GRAMS = 200_000;
/** What is longer is a file rather than a word: nobody puts it into an address or a header. Only its plain and its JSON form are looked for. */
const MOST_OF_A_WORD = 4_096;
/** What comes after so many characters of a secret is not looked for. */
const MOST_OF_A_PART = 65_536;
const HIDDEN = '…';

const safely = (decode: (text: string) => string, text: string): string[] => {
  try {
    return [decode(text)];
  } catch {
    return [];
  }
};

const base64 = (text: string): string => btoa(String.fromCharCode(...new TextEncoder().encode(text)));
/** The base64 of a text after one or two others: only what does not depend on them. */
const shifted = (text: string): string[] => [1, 2].map((by) => base64(' '.repeat(by) + text).slice(4, -4));
const hex = (text: string): string => [...new TextEncoder().encode(text)].map((byte) => byte.toString(16).padStart(2, '0')).join('');

const isUrl = (value: string): boolean => /^[a-z][a-z0-9+.-]*:\/\//i.test(value) && URL.canParse(value);

/** What is secret in an address: its password, its query, and the path where it is no database. A name that is no secret elsewhere is none here. */
function partsOfUrl(text: string): string[] {
  const { protocol, username, password, pathname, search } = new URL(text);
  const names = [username, pathname.slice(1)];
  const isDatabase = protocol.startsWith('postgres');
  const parts = [
    ...(names.includes(password) ? [] : [password]),
    ...new URLSearchParams(search).values(),
    ...(isDatabase ? [] : [pathname]),
  ];
  return parts.flatMap((part) => [part, ...safely(decodeURIComponent, part)]);
}

/** A user's name is hidden as a whole only: its parts are words of everybody. One without a password is a token. */
const userOf = (value: string): string[] => {
  if (!isUrl(value)) return [];
  const { username, password, pathname } = new URL(value);
  return password !== '' && (username.length < GRAM + STRIDE || pathname.includes(username)) ? [] : [username];
};

/** A secret may be said in words of its own: `Bearer x` is a word and a secret. */
const partsOf = (value: string): string[] => (isUrl(value) ? partsOfUrl(value) : value.split(/\s+/));

const plainFormsOf = (part: string): string[] => [part, JSON.stringify(part).slice(1, -1)];

const encodedFormsOf = (part: string): string[] => {
  if (part.length > MOST_OF_A_WORD) return [];
  const encoded = [base64(part).replace(/=+$/, ''), ...shifted(part)];
  const url = encoded.map((form) => form.replaceAll('+', '-').replaceAll('/', '_'));
  return [...safely(encodeURIComponent, part), ...encoded, ...url, hex(part), hex(part).toUpperCase()];
};

/** Where the text holds what must not be seen: one flag for each character. */
function covered(text: string, grams: ReadonlySet<string>): boolean[] {
  const hidden: boolean[] = Array<boolean>(text.length).fill(false);
  for (let at = 0; at + GRAM <= text.length; at++) if (grams.has(text.slice(at, at + GRAM))) hidden.fill(true, at, at + GRAM);
  return hidden;
}

function without(text: string, grams: ReadonlySet<string>): string {
  for (let at = 0; at + GRAM <= text.length; at += STRIDE) {
    if (!grams.has(text.slice(at, at + GRAM))) continue;
    const hidden = covered(text, grams);
    return [...text.split('')].map((character, i) => (!hidden[i] ? character : hidden[i - 1] ? '' : HIDDEN)).join('');
  }
  return text;
}

/** What must be found of a secret: forms in parts, and short ones as a whole. */
interface Known {
  long: string[];
  whole: string[];
  grams: number;
  isForGood: boolean;
}

function knownOf(value: string): Omit<Known, 'isForGood'> {
  const parts = partsOf(value.slice(0, MOST_GRAMS)).flatMap((part) => (part.length < LEAST ? [] : [part.slice(0, MOST_OF_A_PART)]));
  const forms = [...new Set([...parts.flatMap(plainFormsOf), ...parts.flatMap(encodedFormsOf)])];
  let left = MOST_GRAMS / 2; // one secret must not drive out all others; its plain forms come first
  const long = forms
    .filter((form) => form.length >= GRAM + STRIDE)
    .map((form) => {
      const cut = form.slice(0, left);
      left -= cut.length;
      return cut;
    });
  const whole = [...forms.filter((form) => form.length < GRAM + STRIDE), ...userOf(value).filter((name) => name.length >= LEAST)];
  return { long, whole, grams: MOST_GRAMS / 2 - left };
}

function* gramsOf({ long }: Pick<Known, 'long'>): Generator<string> {
  for (const form of long) for (let at = 0; at + GRAM <= form.length; at++) yield form.slice(at, at + GRAM);
}

/** A mask that knows nothing yet. */
export function createMask(): Mask {
  const known = new Map<string, Known>(); // the oldest first
  let [grams, whole] = [new Set<string>(), new Set<string>()];
  let total = 0;
  const add = (one: Known): void => {
    for (const gram of gramsOf(one)) grams.add(gram);
    for (const short of one.whole) whole.add(short);
  };
  const forgetOldest = (newest: string): void => {
    // Several at a time: what is left is put together anew.
    const most = total > MOST_GRAMS ? MOST_GRAMS / 2 : MOST_GRAMS;
    for (const [value, one] of known) {
      if (known.size <= KEPT_SECRETS && total <= most) break;
      if (one.isForGood || value === newest) continue;
      known.delete(value);
      total -= one.grams;
    }
    [grams, whole] = [new Set(), new Set()];
    for (const one of known.values()) add(one);
  };
  return {
    learn(value, { forGood = false } = {}) {
      const before = known.get(value);
      const one = { ...(before ?? knownOf(value)), isForGood: forGood || (before?.isForGood ?? false) };
      known.delete(value);
      known.set(value, one);
      if (before) return;
      add(one);
      total += one.grams;
      if (known.size > MOST_SECRETS || total > MOST_GRAMS) forgetOldest(value);
    },
    hide(text) {
      let clean = text;
      for (const short of whole) if (clean.includes(short)) clean = clean.replaceAll(short, HIDDEN);
      return grams.size === 0 ? clean : without(clean, grams);
    },
  };
}
