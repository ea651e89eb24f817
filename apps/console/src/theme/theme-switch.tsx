import { Monitor, Moon, Sun } from "lucide-react";
import { useId } from "react";
import { usePreferences } from "../app/services.ts";
import { type Theme, THEMES } from "./theme.ts";

const SHOWN = {
  system: { Icon: Monitor, word: "System" },
  light: { Icon: Sun, word: "Light" },
  dark: { Icon: Moon, word: "Dark" },
} as const satisfies Record<Theme, unknown>;

/** Three ways: as the system, light, dark. */
export function ThemeSwitch() {
  const { preferences, change } = usePreferences();
  const name = useId();
  return (
    <fieldset className="segments">
      <legend className="hidden-text">Theme</legend>
      {THEMES.map((theme) => {
        const { Icon, word } = SHOWN[theme];
        return (
          <label key={theme} className="segment" title={`${word} theme`}>
            <input
              type="radio"
              name={name}
              className="hidden-text"
              checked={preferences.theme === theme}
              onChange={() => change({ theme })}
            />
            <Icon size={14} aria-hidden="true" />
            <span className="hidden-text">{word}</span>
          </label>
        );
      })}
    </fieldset>
  );
}
