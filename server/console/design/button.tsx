/** Buttons, and the switch between a few choices. */
import type { ButtonHTMLAttributes, ComponentChildren } from "preact";

export interface ButtonProps extends Omit<ButtonHTMLAttributes, "class"> {
  /** "plain" is text only until pointed at. @default "normal" */
  readonly kind?: "normal" | "primary" | "plain" | "icon";
  readonly type?: "button" | "submit";
  readonly children: ComponentChildren;
}

export function Button({ kind = "normal", type = "button", children, ...rest }: ButtonProps) {
  return (
    <button type={type} class={`button ${kind}`} {...rest}>
      {children}
    </button>
  );
}

export interface ChoiceProps<Value extends string> {
  /** Read out before the choices. */
  readonly label: string;
  readonly options: readonly (readonly [value: Value, text: ComponentChildren])[];
  readonly value: Value;
  readonly onChange: (value: Value) => void;
}

/** One of a few, side by side. */
export function Choice<Value extends string>({ label, options, value, onChange }: ChoiceProps<Value>) {
  return (
    <div class="choice" role="group" aria-label={label}>
      {options.map(([option, text]) => (
        <button key={option} type="button" aria-pressed={option === value} onClick={() => onChange(option)}>
          {text}
        </button>
      ))}
    </div>
  );
}
