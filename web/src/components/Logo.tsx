// Two door leaves, a hair apart, with studs and rings.
export function Logo({ size = 26 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <path d="M2 4.2 15 2v28L2 27.8z" fill="#a8321f" />
      <path d="M30 4.2 17 2v28l13-2.2z" fill="#8c2817" />
      <g fill="#e2b45c">
        <circle cx="5.6" cy="9" r="1.3" />
        <circle cx="10.6" cy="8.4" r="1.3" />
        <circle cx="5.6" cy="23" r="1.3" />
        <circle cx="10.6" cy="23.6" r="1.3" />
        <circle cx="26.4" cy="9" r="1.3" />
        <circle cx="21.4" cy="8.4" r="1.3" />
        <circle cx="26.4" cy="23" r="1.3" />
        <circle cx="21.4" cy="23.6" r="1.3" />
      </g>
      <g fill="none" stroke="#e2b45c" strokeWidth="1.5">
        <circle cx="11.4" cy="16" r="2.3" />
        <circle cx="20.6" cy="16" r="2.3" />
      </g>
    </svg>
  );
}

export function Brand({ size }: { size?: number }) {
  return (
    <span className="brand">
      <Logo size={size} />
      <span className="brand-name">
        <span lang="zh-CN">门神</span>
        <span className="brand-latin">Menshen</span>
      </span>
    </span>
  );
}
