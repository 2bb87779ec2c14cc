/**
 * The etcd version whose API this is. Numbers and dots only: clients parse every part as an
 * integer.
 */
export const serverVersion = "3.6.7";
export const clusterVersion = "3.6.0";
export const storageVersion = "3.6.0";
