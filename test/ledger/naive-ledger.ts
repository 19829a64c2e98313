import type { Charge, Reservation, Settlement, Usage } from "../../mint-server/credentials/ledger.ts";

/** Every reservation that was ever accepted, added up anew at each question: slow, and plainly right. */
export function createNaiveLedger() {
  const accepted: { readonly reservation: Reservation; cost: { tokens: number; micros: number }; settled: boolean }[] =
    [];
  const countsOn = (reservation: Reservation, account: string, period: string): boolean =>
    reservation.charges.some((charge) => charge.account === account && charge.period === period);

  const usage = (account: string, period: string): Usage => {
    const rows = accepted.filter(({ reservation }) => countsOn(reservation, account, period));
    return {
      requests: rows.length,
      tokens: rows.reduce((sum, { cost }) => sum + cost.tokens, 0),
      micros: rows.reduce((sum, { cost }) => sum + cost.micros, 0),
    };
  };

  const inLastMinute = (account: string, now: number): number =>
    accepted.filter(
      ({ reservation }) =>
        reservation.now > now - 60_000 && reservation.charges.some((charge) => charge.account === account),
    ).length;

  const costOf = ({ inputTokens, inputMicros, microsPerOutputToken }: Reservation, outputTokens: number) => ({
    tokens: inputTokens + outputTokens,
    micros: inputMicros + Math.ceil(outputTokens * microsPerOutputToken),
  });

  const fitsBudget = (reservation: Reservation, outputTokens: number): boolean => {
    const cost = costOf(reservation, outputTokens);
    return reservation.charges.every(({ account, period, requests, tokens, micros }: Charge) => {
      const used = usage(account, period);
      return (
        used.requests + 1 <= (requests ?? Number.POSITIVE_INFINITY) &&
        used.tokens + cost.tokens <= (tokens ?? Number.POSITIVE_INFINITY) &&
        used.micros + cost.micros <= (micros ?? Number.POSITIVE_INFINITY)
      );
    });
  };

  const fitsMinute = ({ charges, now }: Reservation): boolean =>
    charges.every(
      ({ account, requestsPerMinute = Number.POSITIVE_INFINITY }) =>
        inLastMinute(account, now) + 1 <= requestsPerMinute,
    );

  return {
    usage,
    fitsBudget,
    fitsMinute,
    accept(reservation: Reservation, outputTokens: number): void {
      accepted.push({ reservation, cost: costOf(reservation, outputTokens), settled: false });
    },
    /** What is still open from before then stays charged in full. */
    expire(before: number): void {
      for (const row of accepted) if (row.reservation.now < before) row.settled = true;
    },
    settle({ id, inputTokens, outputTokens, micros }: Settlement): void {
      const row = accepted.find(({ reservation }) => reservation.id === id);
      if (!row || row.settled) return;
      row.cost = { tokens: inputTokens + outputTokens, micros };
      row.settled = true;
    },
  };
}
