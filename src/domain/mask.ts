/** Takes secrets out of texts that people read: reasons, evidence, errors, logs. What it was never told it cannot hide. */
export interface Mask {
  /** Remembers a secret, in every form in which a text may hold it. */
  learn(value: string): void;
  /** The text without what was learnt, nor any part of it that is long enough to be of use. */
  hide(text: string): string;
}

/** A run of so many characters of a secret is hidden, wherever the text was cut. */
const GRAM = 10;
/** How far apart a text is looked at first: a part of `GRAM + STRIDE - 1` characters is found whatever its place. */
const STRIDE = 3;
/** What is shorter than `GRAM + STRIDE` is hidden as a whole only, and what is shorter than this never: it would be found by chance. */
const LEAST = 6;
/** Secrets that change by the hour must not fill the memory. */
const MOST_SECRETS = 200;
const HIDDEN = '…';

const safely = (decode: (text: string) => string, text: string): string[] => {
  try {
    return [decode(text)];
  } catch {
    return [];
  }
};

const base64 = (text: string): string => btoa(String.fromCharCode(...new TextEncoder().encode(text.slice(0, 10_000))));
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

const formsOf = (part: string): string[] => {
  const encoded = [base64(part).replace(/=+$/, ''), ...shifted(part)];
  const url = encoded.map((form) => form.replaceAll('+', '-').replaceAll('/', '_'));
  return [
    part,
    ...safely(encodeURIComponent, part),
    JSON.stringify(part).slice(1, -1),
    ...encoded,
    ...url,
    hex(part),
    hex(part).toUpperCase(),
  ];
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

/** A mask that knows nothing yet. */
export function createMask(): Mask {
  const known = new Map<string, { grams: string[]; whole: string[] }>();
  let [grams, whole] = [new Set<string>(), new Set<string>()];
  const recount = (): void => {
    grams = new Set([...known.values()].flatMap((one) => one.grams));
    whole = new Set([...known.values()].flatMap((one) => one.whole));
  };
  return {
    learn(value) {
      if (known.has(value)) return;
      const forms = [...new Set(partsOf(value).flatMap((part) => (part.length < LEAST ? [] : formsOf(part))))];
      const long = forms.filter((form) => form.length >= GRAM + STRIDE);
      known.set(value, {
        grams: long.flatMap((form) => Array.from({ length: form.length - GRAM + 1 }, (_, at) => form.slice(at, at + GRAM))),
        whole: [...forms.filter((form) => form.length < GRAM + STRIDE), ...userOf(value).filter((name) => name.length >= LEAST)],
      });
      const oldest = known.keys().next();
      if (known.size > MOST_SECRETS && !oldest.done) known.delete(oldest.value);
      recount();
    },
    hide(text) {
      let clean = text;
      for (const short of whole) if (clean.includes(short)) clean = clean.replaceAll(short, HIDDEN);
      return grams.size === 0 ? clean : without(clean, grams);
    },
  };
}
