/** Put in place by the bundler, from package.json. */
declare const GUESTC_VERSION: string;

export const version: string = GUESTC_VERSION;

/** Put in place by the bundler, from the tables' texts: 16 hexadecimal digits. */
declare const GUESTC_TABLES: string;

/** What the offers of hosts are computed from: documents with another one are not to be mixed with ours. */
export const tablesName = `guestc ${GUESTC_VERSION}, tables ${GUESTC_TABLES}`;
