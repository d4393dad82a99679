// Generated from the service's OpenAPI document by scripts/types.mjs: npm run types.
// Answers may get further fields: ignore what you do not know.

export type InvoiceRequest = {
  /** Made by the client: the idempotency key. */
  purchase_id: string;
  /** What is sold. */
  item_id: string;
  /** Whole Stars. */
  price_stars: number;
  /** `unknown` when the first call leaves it out. */
  purchase_type?: "stars_pack" | "cosmetic" | "boost" | "unknown";
  /** Where the sale came from, for the analytics. */
  source?: string;
  /** Where in the source, for the analytics. */
  channel?: string;
  /** Anything of your own, at most 4096 bytes as compact JSON. */
  metadata?: MetadataObject;
};

export type InvoiceAnswer = {
  purchase_id: string;
  status: "pending" | "succeeded" | "failed" | "refunded";
  pay_url: string | null;
};

export type PurchaseRequest = {
  /** Made by the client: the idempotency key. */
  purchase_id: string;
  /** What is sold. */
  item_id?: string;
  /** Whole Stars. */
  price_stars?: number;
  /** `unknown` when the first call leaves it out. */
  purchase_type?: "stars_pack" | "cosmetic" | "boost" | "unknown";
  /** Where the sale came from, for the analytics. */
  source?: string;
  /** Where in the source, for the analytics. */
  channel?: string;
  /** Anything of your own, at most 4096 bytes as compact JSON. */
  metadata?: MetadataObject;
};

export type PurchaseAnswer = {
  purchase_id: string;
  user_id: string;
  item_id: string;
  price_stars: number;
  purchase_type: string;
  subscription_period: number | null;
  status: "pending" | "succeeded" | "failed" | "refunded";
  mode: string;
  source: string | null;
  channel: string | null;
  metadata: { [name: string]: unknown };
  created_at: string;
  invoiced_at: string | null;
  succeeded_at: string | null;
  failed_at: string | null;
  fulfilled_at: string | null;
  pay_url: string | null;
};

export type EventAnswer = {
  event_id: number;
  purchase_id: string;
  version: number;
  event_type: string;
  payload: { [name: string]: unknown };
  user_id: string;
  request_id: string;
  created_at: string;
};

export type ItemsAnswer = {
  items: Array<ItemAnswer>;
};

export type FeedAnswer = {
  events: Array<MessageAnswer>;
  after: string;
};

export type Problem = {
  error: string;
  title: string;
  status: number;
  detail: string;
  request_id: string;
  errors?: { [name: string]: Array<string> };
  mismatched?: Array<string>;
};

export type MetadataObject = { [name: string]: MetadataValue };

export type ItemAnswer = {
  item_id: string;
  title: string;
  description: string;
  price_stars: number;
  purchase_type: string;
  subscription_period: number | null;
  photo_url: string | null;
};

export type MessageAnswer = {
  id: string;
  type: string;
  timestamp: string;
  data: EventOfMode;
};

export type MetadataValue = null | boolean | number | string | Array<MetadataValue> | MetadataObject;

export type EventOfMode = {
  event_id: number;
  purchase_id: string;
  version: number;
  event_type: string;
  payload: { [name: string]: unknown };
  user_id: string;
  request_id: string;
  created_at: string;
  mode: string;
};
