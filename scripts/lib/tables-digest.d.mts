/** Tells one version of the tables from another: 16 hexadecimal digits. */
export function tablesDigest(root: string): Promise<string>;
