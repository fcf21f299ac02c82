import type { List } from './types';

// ApiError is what the server said in application/problem+json, or status 0
// when there was no answer at all.
export class ApiError extends Error {
  readonly status: number;
  readonly detail?: string;
  readonly id?: string;

  constructor(status: number, title: string, detail?: string, id?: string) {
    super(title);
    this.status = status;
    this.detail = detail;
    this.id = id;
  }
}

type Listener = () => void;
let onSignedOut: Listener | undefined;

// whenSignedOut is told when any answer says that the session is over.
export function whenSignedOut(fn: Listener | undefined) {
  onSignedOut = fn;
}

async function problem(r: Response): Promise<ApiError> {
  try {
    const p = (await r.json()) as { title?: string; detail?: string; id?: string };
    return new ApiError(r.status, p.title ?? r.statusText, p.detail, p.id);
  } catch {
    return new ApiError(r.status, r.statusText);
  }
}

async function call(path: string, init: RequestInit): Promise<Response> {
  let r: Response;
  try {
    r = await fetch(path, { credentials: 'same-origin', ...init });
  } catch (e) {
    if (e instanceof DOMException && e.name === 'AbortError') throw e;
    throw new ApiError(0, 'unreachable');
  }
  if (r.ok) return r;
  if (r.status === 401 && path !== '/api/session') onSignedOut?.();
  throw await problem(r);
}

export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  const r = await call(path, { headers: { Accept: 'application/json' }, signal });
  return (await r.json()) as T;
}

export async function send<T>(method: 'POST' | 'DELETE', path: string, body?: unknown): Promise<T> {
  const r = await call(path, {
    method,
    headers: { Accept: 'application/json', 'Content-Type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await r.text();
  return (text ? JSON.parse(text) : undefined) as T;
}

export function list<T>(items: List<T>): T[] {
  return items ?? [];
}

// query builds "?a=b" from what is set; empty values are left out.
export function query(params: Record<string, string | number | boolean | undefined | null>): string {
  const q = new URLSearchParams();
  for (const [k, v] of Object.entries(params)) {
    if (v !== undefined && v !== null && v !== '' && v !== false) q.set(k, String(v));
  }
  const s = q.toString();
  return s ? `?${s}` : '';
}
