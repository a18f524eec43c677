import type { LaneState } from '@sluice/protocol'
import { CirclePause, CirclePlay, Timer } from 'lucide-react'
import { whyMayNot, type ViewerData } from '../../graphql/viewer.ts'
import type { MenuItem } from '../../ui/menu.tsx'
import type { LaneAction } from './lane-dialog.tsx'

/** Pause, resume and drain as lines of a menu, each with why it cannot be done now. */
export const laneStateItems = (state: LaneState, viewer: ViewerData | null, ask: (action: LaneAction) => void): MenuItem[] => [
  { label: 'Pause', icon: CirclePause, whyNot: state === 'PAUSED' ? 'It is paused already.' : whyMayNot(viewer, 'pauseLane'), onSelect: () => ask('pause') },
  { label: 'Resume', icon: CirclePlay, whyNot: state === 'OPEN' ? 'It is open.' : whyMayNot(viewer, 'resumeLane'), onSelect: () => ask('resume') },
  { label: 'Drain', icon: Timer, whyNot: state === 'DRAINING' ? 'It is draining already.' : whyMayNot(viewer, 'drainLane'), onSelect: () => ask('drain') },
]
