/** Put in place by the bundler, from package.json. */
declare const GUESTC_VERSION: string;

export const version: string = GUESTC_VERSION;
