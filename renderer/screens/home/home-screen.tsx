import type { ReactNode } from 'react';
import { PatientSearch } from './patient-search.tsx';
import { TodaysQueue } from './todays-queue.tsx';
import './home.css';

/** Find a patient on the left, today's queue on the right. */
export function HomeScreen({ searchFocus }: { readonly searchFocus: number }): ReactNode {
  return (
    <div className="home">
      <PatientSearch focusRequest={searchFocus} />
      <TodaysQueue />
    </div>
  );
}
