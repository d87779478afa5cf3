//! Icons: strokes on a 24-pixel grid, drawn for this app, in the colour of the text around them.

use yew::prelude::*;

/// What an icon shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Glyph {
    Overview,
    Key,
    Plug,
    List,
    More,
    Search,
    Plus,
    Copy,
    Check,
    Close,
    Down,
    Left,
    Right,
    Up,
    Sun,
    Moon,
    Screen,
    Globe,
    Person,
    Leave,
    Alert,
    Info,
    Again,
    Trash,
    Pen,
    Play,
    Pause,
    Chart,
    First,
    Wallet,
    Layers,
    Tunnel,
    Fork,
    Open,
    Download,
    Upload,
    Link,
    Tag,
    Shield,
}

impl Glyph {
    fn path(self) -> &'static str {
        match self {
            Self::Overview => "M4 4h7v9H4zM13 4h7v5h-7zM13 11h7v9h-7zM4 15h7v5H4z",
            Self::Key => "M8 20a4.5 4.5 0 1 1 3.2-7.7L20 3.5M16 7.5l3 3M13.5 10l2 2",
            Self::Plug => "M9 3v5M15 3v5M6 8h12v3a6 6 0 0 1-12 0zM12 17v4",
            Self::List => "M4 6h2M4 12h2M4 18h2M9 6h11M9 12h11M9 18h11",
            Self::More => {
                "M5 11.6a.4.4 0 1 0 0 .8.4.4 0 1 0 0-.8M12 11.6a.4.4 0 1 0 0 .8.4.4 0 1 0 0-.8M19 11.6a.4.4 0 1 0 0 .8.4.4 0 1 0 0-.8"
            }
            Self::Search => "M17 11a6 6 0 1 1-12 0 6 6 0 0 1 12 0zM15.5 15.5 20 20",
            Self::Plus => "M12 5v14M5 12h14",
            Self::Copy => {
                "M9 9h10a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1h-9a1 1 0 0 1-1-1zM15 9V5a1 1 0 0 0-1-1H5a1 1 0 0 0-1 1v9a1 1 0 0 0 1 1h4"
            }
            Self::Check => "m5 12.5 4.5 4.5L19 7.5",
            Self::Close => "m6 6 12 12M18 6 6 18",
            Self::Down => "m6 9 6 6 6-6",
            Self::Left => "m14.5 6-6 6 6 6",
            Self::Right => "m9.5 6 6 6-6 6",
            Self::Up => "m6 15 6-6 6 6",
            Self::Sun => {
                "M16 12a4 4 0 1 1-8 0 4 4 0 0 1 8 0zM12 3v2M12 19v2M3 12h2M19 12h2M5.6 5.6 7 7M17 17l1.4 1.4M5.6 18.4 7 17M17 7l1.4-1.4"
            }
            Self::Moon => "M19.5 14.5A8 8 0 0 1 9.5 4.5a8 8 0 1 0 10 10z",
            Self::Screen => "M4 5h16v11H4zM9 20h6M12 16v4",
            Self::Globe => {
                "M20.5 12a8.5 8.5 0 1 1-17 0 8.5 8.5 0 0 1 17 0zM3.5 12h17M12 3.5c5 5 5 12 0 17-5-5-5-12 0-17z"
            }
            Self::Person => "M16 8a4 4 0 1 1-8 0 4 4 0 0 1 8 0zM4.5 20c1-4 4-5.5 7.5-5.5s6.5 1.5 7.5 5.5",
            Self::Leave => "M14 4h5a1 1 0 0 1 1 1v14a1 1 0 0 1-1 1h-5M4 12h11M8 8l-4 4 4 4",
            Self::Alert => "M12 4 2.8 19.500h18.400zM12 10v4M12 17h.01",
            Self::Info => "M20.5 12a8.5 8.5 0 1 1-17 0 8.5 8.5 0 0 1 17 0zM12 11v5M12 8h.01",
            Self::Again => "M19.5 12a7.5 7.5 0 1 1-2.2-5.300L20 9.400M20 4.500v5h-5",
            Self::Trash => "M4 7h16M9 7V4.500h6V7M6 7l1 13h10l1-13M10 11v5M14 11v5",
            Self::Pen => "M4 20h4L19.5 8.500l-4-4L4 16zM13 7l4 4",
            Self::Play => "M7 5v14l12-7z",
            Self::Pause => "M8 5v14M16 5v14",
            Self::Chart => "M4 4v16h16M8 15l4-5 3 3 5-7",
            Self::First => "M18 6l-6 6 6 6M7 6v12",
            Self::Layers => "m12 4 8 4-8 4-8-4zM4 12l8 4 8-4M4 16l8 4 8-4",
            Self::Tunnel => "M4 20v-7a8 8 0 0 1 16 0v7M9 20v-6a3 3 0 0 1 6 0v6M3 20h18",
            Self::Fork => {
                "M5 12h5M10 12c3 0 3-6 6-6h3M10 12c3 0 3 6 6 6h3M16.500 3.500 19 6l-2.500 2.500M16.500 15.500 19 18l-2.500 2.500"
            }
            Self::Open => "M14 4h6v6M20 4l-9 9M18 14v5a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V7a1 1 0 0 1 1-1h5",
            Self::Download => "M12 4v11M7.500 11l4.500 4.500 4.500-4.500M5 20h14",
            Self::Upload => "M12 16V5M7.500 9 12 4.500 16.500 9M5 20h14",
            Self::Link => {
                "M10 14a4 4 0 0 0 6 .5l3-3a4 4 0 0 0-5.600-5.600L12 7.300M14 10a4 4 0 0 0-6-.5l-3 3a4 4 0 0 0 5.600 5.600L12 16.700"
            }
            Self::Shield => {
                "M12 3.500 19 6v6c0 4.500-3 7-7 8.500C8 19 5 16.500 5 12V6zM9 12l2.200 2.200L15 10"
            }
            Self::Tag => "M4 4h8l8 8-8 8-8-8zM8.500 8.500h.01",
            Self::Wallet => {
                "M4 7.500A1.5 1.5 0 0 1 5.5 6H18v3M4 7.500V18a1 1 0 0 0 1 1h14a1 1 0 0 0 1-1v-8a1 1 0 0 0-1-1H5.500A1.5 1.5 0 0 1 4 7.500zM16 14h.01"
            }
        }
    }
}

#[derive(Properties, PartialEq)]
pub struct IconProps {
    pub glyph: Glyph,
    #[prop_or(classes!("size-4"))]
    pub class: Classes,
}

/// An icon; never alone: what it means stands beside it or in its button's label.
#[component]
pub fn Icon(props: &IconProps) -> Html {
    html! {
        <svg class={classes!("shrink-0", props.class.clone())} viewBox="0 0 24 24" fill="none" stroke="currentColor"
            stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">
            <path d={props.glyph.path()} />
        </svg>
    }
}
