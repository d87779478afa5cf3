//! What meters are called.

use crate::i18n::Texts;

/// A meter's name; of one that is newer than this page, the server's own.
pub fn meter_name(meter: &str, t: &Texts) -> String {
    let known = match meter {
        "input" => t.figures.input,
        "output" => t.figures.output,
        "cache_write" => t.figures.cache_write,
        "cache_write_5m" => t.figures.cache_write_5m,
        "cache_write_1h" => t.figures.cache_write_1h,
        "cache_read" => t.figures.cache_read,
        "audio_input" => t.prices.meter_audio_input,
        "audio_cached" => t.prices.meter_audio_cached,
        "image_input" => t.prices.meter_image_input,
        "audio_output" => t.prices.meter_audio_output,
        "image_output" => t.prices.meter_image_output,
        "reasoning" => t.prices.meter_reasoning,
        "web_search" => t.prices.meter_web_search,
        "file_search" => t.prices.meter_file_search,
        "code_execution" => t.prices.meter_code_execution,
        "image" => t.prices.meter_image,
        "request" => t.prices.meter_request,
        "minimum" => t.prices.meter_minimum,
        other => return other.to_owned(),
    };
    known.to_owned()
}
