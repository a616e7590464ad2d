/** The market's units of time, in market seconds. A year has 252 trading days of six and a half hours. */
export const minuteSeconds = 60;
export const daySeconds = 23_400;
export const yearSeconds = 252 * daySeconds;
