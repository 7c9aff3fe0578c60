// API keys as the server tells them. The same names stand in the OpenAPI document.
import type { Attributes, Budget, Role } from './types';

export interface ApiKey {
  id: string;
  name: string;
  /** How the key begins; what comes after it is the secret. */
  prefix: string;
  role: Role;
  attributes: Attributes;
  budget: Budget;
  /** The name of who made it. */
  created_by: string;
  created_at: string;
  /** Nothing: when it is revoked. */
  expires_at?: string | null;
  /** Nothing: not yet. */
  last_used_at?: string | null;
}

export interface NewApiKey {
  name: string;
  role: Role;
  attributes?: Attributes;
  budget?: Budget;
  expires_at?: string | null;
}

/** What is not given stays. */
export interface ApiKeyChange {
  name?: string;
  attributes?: Attributes;
  budget?: Budget;
  expires_at?: string | null;
}

export interface CreatedApiKey extends ApiKey {
  /** The whole key, shown this once. */
  token: string;
}
