import { setTimeout as delay } from 'node:timers/promises';
import { listenForInterrupts } from '../../src/cli/interrupts.ts';
import type { Terminal } from '../../src/cli/terminal.ts';
import { recordingTerminal } from './terminals.ts';

/** A terminal where Ctrl-C is pressed by `press` and questions are answered by `choose`. */
function listen(choose: Terminal['choose'], isInteractive = true) {
  const deeds: string[] = [];
  let press: () => void = () => undefined;
  const terminal = recordingTerminal({
    isInteractive,
    choose,
    onInterrupt(handler) {
      press = handler;
      return () => undefined;
    },
  });
  listenForInterrupts(terminal, {
    abort: () => Promise.resolve(void deeds.push('abort')),
    detach: () => void deeds.push('detach'),
    setAsking: (isAsking) => void deeds.push(isAsking ? 'asking' : 'asked'),
  });
  return {
    deeds,
    async press() {
      press();
      await delay(1);
    },
  };
}

const answering = (answer: string | undefined): Terminal['choose'] => (() => Promise.resolve(answer)) as Terminal['choose'];

test.each([
  ['abort', ['asking', 'abort', 'asked']],
  ['detach', ['asking', 'detach']],
  ['watch', ['asking', 'asked']],
  [undefined, ['asking', 'detach']],
])('the first Ctrl-C asks; %s', async (answer, expected) => {
  const { deeds, press } = listen(answering(answer));
  await press();
  expect(deeds).toEqual(expected);
});

test('the second Ctrl-C, while it asks, detaches at once', async () => {
  const { deeds, press } = listen(() => new Promise(() => undefined));
  await press();
  await press();
  expect(deeds).toEqual(['asking', 'detach']);
});

test('without anybody to ask, the first one detaches', async () => {
  const { deeds, press } = listen(answering('abort'), false);
  await press();
  expect(deeds).toEqual(['detach']);
});

test('a question that cannot be asked detaches', async () => {
  const { deeds, press } = listen(() => Promise.reject(new Error('no terminal')));
  await press();
  expect(deeds).toEqual(['asking', 'detach']);
});
