/** Whether there is something to reckon with: at least `least` values, all of them finite. A series with a NaN in it has no statistics. */
export const isUsable = (values: readonly number[], least = 1): boolean => values.length >= least && values.every(Number.isFinite);

/** Sorted upwards, in a copy. */
export const ascending = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);

/** The sum; 0 of nothing. */
export const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
