import { whyNotBeside } from '../../src/domain/review.ts';

const review = { reviewer: 'bob@example.com', authors: ['ann@example.com', 'eve@example.com'] };
const beside = (...people: string[]): string | undefined =>
  whyNotBeside(
    review,
    people.map((by) => ({ by })),
  );

test('a review counts beside people who neither reviewed nor wrote it', () => {
  expect(beside()).toBeUndefined();
  expect(beside('carol', 'corp:dave@example.com')).toBeUndefined();
});

test('its reviewer counts once, under whatever name', () => {
  for (const by of ['git:bob@example.com', 'corp:Bob@example.com ']) expect(beside('carol', by)).toContain('counts once');
});

test('of an author who has approved and the review, what came first counts', () => {
  expect(beside('corp:Eve@example.com')).toBe('corp:Eve@example.com, who wrote it, has approved already: one of the two counts');
});
