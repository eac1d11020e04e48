import { Component, type ReactNode } from 'react';
import { appError } from '#contracts/errors.ts';
import { BlockedScreen } from './blocked-screen.tsx';

interface ScreenFailureProps {
  /** Another value gives the screen another chance. */
  readonly attempt: unknown;
  readonly children: ReactNode;
}

interface ScreenFailureState {
  readonly hasFailed: boolean;
  readonly attempt: unknown;
}

/**
 * Catches a defect of one screen, so that the others, and the drafts, stay. Words for the nurse, the cause for the
 * technician's console.
 */
export class ScreenFailure extends Component<ScreenFailureProps, ScreenFailureState> {
  override state: ScreenFailureState = { hasFailed: false, attempt: this.props.attempt };

  static getDerivedStateFromError(): Partial<ScreenFailureState> {
    return { hasFailed: true };
  }

  static getDerivedStateFromProps(
    props: ScreenFailureProps,
    state: ScreenFailureState,
  ): Partial<ScreenFailureState> | null {
    return props.attempt === state.attempt ? null : { hasFailed: false, attempt: props.attempt };
  }

  override render(): ReactNode {
    if (!this.state.hasFailed) return this.props.children;
    return (
      <BlockedScreen
        error={appError('internal.failure')}
        onRetry={() => this.setState({ hasFailed: false })}
      />
    );
  }
}
