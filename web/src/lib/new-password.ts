// What a new password must be like: the same limits as the server's, which checks again.
import * as z from 'zod/mini';

const shortest = 12;
const longest = 256;

export const newPassword = z
  .string()
  .check(
    z.minLength(shortest, `Use at least ${shortest} characters`),
    z.maxLength(longest, `Use at most ${longest} characters`),
  );
