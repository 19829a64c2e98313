import type { Reservation } from "../../mint-server/credentials/ledger.ts";

/** Noon of a day, in milliseconds since the epoch. */
export const NOON = Date.UTC(2026, 10, 22, 12);

let made = 0;

/** A reservation of 10 tokens in and 20 out that costs 50 micro-dollars and counts on nothing, save what is given. */
export function makeReservation(given: Partial<Reservation> = {}): Reservation {
  made += 1;
  return {
    id: `reservation-${made}`,
    jti: "credential-1",
    subject: "alice",
    issuedAt: NOON / 1000 - 60,
    now: NOON,
    charges: [],
    inputTokens: 10,
    inputMicros: 10,
    outputTokens: 20,
    microsPerOutputToken: 2,
    flexible: false,
    ...given,
  };
}
