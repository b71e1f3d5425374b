#pragma once
// The compiled kernels, one image a dtype: code for compute capabilities 8.0 and 9.0, and PTX for later ones.
extern "C" {
[[gnu::visibility("hidden")]] extern const unsigned char image_f32[], image_f64[], image_i32[], image_i64[],
    image_bool[];
}
